/* Credentials from the container's endpoint (Amazon ECS, EKS Pod Identity, AWS CodeBuild):
   AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI,
   AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, AWS_CONTAINER_AUTHORIZATION_TOKEN (AWS SDKs and Tools
   Reference Guide, "Container credential provider"). Plain http only to loopback and the fixed
   link-local addresses. */
#ifndef OCIDUP_AWS_CREDENTIALS_CONTAINER_H
#define OCIDUP_AWS_CREDENTIALS_CONTAINER_H

#include "aws/context.h"
#include "aws/credentials.h"
#include "base/error.h"

/* A provider: see aws/credentials.h. */
struct aws_credentials *aws_credentials_container(const struct aws_context *context,
                                                  struct error **err);

#endif
