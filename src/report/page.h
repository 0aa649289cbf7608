/* The source of the HTML reports: page.html, page.css and page*.js of this folder, and within.html,
   the page of duplicates, which the build puts into the program (page.c). */
#ifndef OCIDUP_REPORT_PAGE_H
#define OCIDUP_REPORT_PAGE_H

/* Each ends with a NUL, and holds no other. In the pages stand the names of what is filled in,
   as `{{name}}`. */
extern const char page_html[];
extern const char page_css[];
extern const char page_js[];
extern const char within_page[];

#endif
