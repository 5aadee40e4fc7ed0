FROM public.ecr.aws/lambda/python:3.11
COPY layers/toy/python/toylib ${LAMBDA_TASK_ROOT}/toylib
COPY functions ${LAMBDA_TASK_ROOT}
CMD ["heavy.app.handler"]
