"""Runs a Python handler against the Lambda Runtime API."""
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

API = "/2018-06-01/runtime"


class Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class ClientContext:
    def __init__(self, data):
        self.custom = data.get("custom")
        self.env = data.get("env")
        self.client = data.get("client")


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity()
        client = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class RequestIdFilter(logging.Filter):
    request_id = ""

    def filter(self, record):
        record.aws_request_id = RequestIdFilter.request_id
        return True


def set_up_logging():
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)


def error_document(error, skipped):
    # As on AWS, where the code is in /var/task.
    root = os.environ["LAMBDA_TASK_ROOT"]
    frames = [
        traceback.FrameSummary("/var/task" + frame.filename[len(root):], frame.lineno, frame.name, line=frame.line)
        if frame.filename.startswith(root + "/") else frame
        for frame in traceback.extract_tb(error.__traceback__)[skipped:]
    ]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": RequestIdFilter.request_id,
        "stackTrace": traceback.format_list(frames),
    }


def print_error(document):
    kind, message = document["errorType"], document["errorMessage"]
    head = "[ERROR] %s: %s" % (kind, message) if message else "[ERROR] " + kind
    print(head)
    if document["stackTrace"]:
        print("Traceback (most recent call last):")
        print("".join(document["stackTrace"]).rstrip("\n"))
    sys.stdout.flush()


class ImportModuleError(Exception):
    pass


class UserCodeSyntaxError(Exception):
    pass


class HandlerNotFound(Exception):
    pass


class MalformedHandlerName(Exception):
    pass


def load_handler(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise MalformedHandlerName("Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ImportModuleError("Unable to import module '%s': %s" % (module_name, error)) from None
    except SyntaxError as error:
        raise UserCodeSyntaxError("Syntax error in module '%s': %s" % (module_name, error)) from None
    handler = getattr(module, function_name, None)
    if handler is None:
        raise HandlerNotFound("Handler '%s' missing on module '%s'" % (function_name, module_name))
    return handler


def post(connection, path, body, kind=None):
    headers = {"Content-Type": "application/json"}
    if kind:
        headers["Lambda-Runtime-Function-Error-Type"] = kind
    connection.request("POST", API + path, body.encode("utf-8"), headers)
    connection.getresponse().read()


def encode(result):
    try:
        return json.dumps(result, ensure_ascii=False)
    except TypeError as error:
        raise MarshalError("Unable to marshal response: %s" % error) from None


class MarshalError(Exception):
    pass


def kind_of(error):
    kinds = {
        ImportModuleError: "Runtime.ImportModuleError",
        UserCodeSyntaxError: "Runtime.UserCodeSyntaxError",
        HandlerNotFound: "Runtime.HandlerNotFound",
        MalformedHandlerName: "Runtime.MalformedHandlerName",
        MarshalError: "Runtime.MarshalError",
    }
    return kinds.get(type(error))


def report(connection, path, error, skipped):
    document = error_document(error, skipped)
    own = kind_of(error)
    if own:
        document["errorType"] = own
        document["stackTrace"] = []
    print_error(document)
    post(connection, path, json.dumps(document), document["errorType"])


def handle_one(connection, handler):
    connection.request("GET", API + "/invocation/next")
    response = connection.getresponse()
    body = response.read()
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    RequestIdFilter.request_id = request_id
    os.environ["_X_AMZN_TRACE_ID"] = response.headers.get("Lambda-Runtime-Trace-Id", "")
    try:
        result = encode(handler(json.loads(body or b"null"), Context(response.headers)))
    except Exception as error:
        report(connection, "/invocation/%s/error" % request_id, error, 1)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    post(connection, "/invocation/%s/response" % request_id, result)


def main():
    sys.path.pop(0)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.stdout.reconfigure(line_buffering=True)
    set_up_logging()
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        report(connection, "/init/error", error, 0)
        sys.exit(1)
    while True:
        handle_one(connection, handler)


if __name__ == "__main__":
    main()
