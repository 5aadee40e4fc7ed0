# One image for every heavy verb; each function sets its own command (template.yaml).
FROM public.ecr.aws/lambda/python:3.11
COPY local/requirements/pipeline.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt
COPY layers/sodai/python/sodai ${LAMBDA_TASK_ROOT}/sodai
COPY functions ${LAMBDA_TASK_ROOT}
CMD ["validate.app.handler"]
