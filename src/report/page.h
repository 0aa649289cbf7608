/* The source of the HTML report: page.html, page.css and page.js of this folder, which the build
   puts into the program (page.c). */
#ifndef OCIDUP_REPORT_PAGE_H
#define OCIDUP_REPORT_PAGE_H

/* Each ends with a NUL, and holds no other. In page_html stand the names of what is filled in,
   as `{{name}}`. */
extern const char page_html[];
extern const char page_css[];
extern const char page_js[];

#endif
