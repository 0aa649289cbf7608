"""Amazon ECR's JSON API in front of the storage of a real docker-registry.

httpd     a small HTTP/1.1 server
sigv4     checks AWS Signature Version 4
storage   reads what the registry holds
state     what ECR knows beyond that (archive, counters, faults)
api       the operations
sts       AssumeRole
roles     what each of the three ports answers: API, blob store, control
"""
