"""The deployed sign-up application as real clients see it: the aws CLI and boto3, through the variables of
`deploy local env` and nothing else. One argument: the ARN of an execution that was started over HTTP."""

import json
import subprocess
import sys
import time

import boto3


def aws(*words):
    """What `aws WORDS` prints, as JSON."""
    ran = subprocess.run(["aws", *words, "--output", "json"], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"aws {' '.join(words)} failed: {ran.stderr}")
    return json.loads(ran.stdout) if ran.stdout.strip() else None


def check(what, found, expected):
    if found != expected:
        raise SystemExit(f"FAILED: {what}: found {found!r}, expected {expected!r}")
    print(f"  ok {what}")


def finished(states, arn):
    """The execution's description once it has ended."""
    for _ in range(120):
        described = states.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.25)
    raise SystemExit(f"FAILED: {arn} is still running")


def main(arn):
    states = boto3.client("stepfunctions")
    described = finished(states, arn)
    check("boto3 describe_execution", described["status"], "SUCCEEDED")
    output = json.loads(described["output"])
    check("the body is untouched", output["body"]["email"], "santa@example.com")
    check("every step left its result", sorted(output["results"]), ["InviteSlack", "RecordAC", "RecordDB"])

    stack = aws("cloudformation", "describe-stacks", "--stack-name", "signup-dev")["Stacks"][0]
    check("aws cloudformation describe-stacks", stack["StackStatus"][-9:], "_COMPLETE")
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    check("the endpoint is an output", outputs["ServiceEndpoint"].endswith("/dev"), True)

    cli = aws("stepfunctions", "describe-execution", "--execution-arn", arn)
    check("aws stepfunctions describe-execution", cli["status"], "SUCCEEDED")
    check("the execution is named by the request", cli["name"], arn.rsplit(":", 1)[1])

    events = aws("stepfunctions", "get-execution-history", "--execution-arn", arn)["events"]
    check("the history begins", events[0]["type"], "ExecutionStarted")
    check("the history ends", events[-1]["type"], "ExecutionSucceeded")
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if event["type"] == "TaskStateEntered"]
    check("aws stepfunctions get-execution-history", entered, ["RecordDB", "RecordAC", "InviteSlack"])
    check("ids count from 1", [event["id"] for event in events], list(range(1, len(events) + 1)))

    event = json.dumps({"body": {"email": "rudolph@example.com", "first_name": "Rudolph"}})
    target = "/dev/stdout"
    ran = subprocess.run(
        ["aws", "lambda", "invoke", "--function-name", "signup-dev-RecordDB", "--payload", event, target],
        capture_output=True, text=True, check=False)
    check("aws lambda invoke", ran.returncode, 0)
    check("the function answers", '"statusCode":200' in ran.stdout.replace(" ", ""), True)

    items = aws("dynamodb", "scan", "--table-name", "signup-dev")["Items"]
    check("aws dynamodb scan", sorted(item["email"]["S"] for item in items), ["rudolph@example.com", "santa@example.com"])

    found = aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/signup-dev-RecordDB")["events"]
    messages = [entry["message"] for entry in found]
    for word in ("START RequestId:", "END RequestId:", "REPORT RequestId:", "recorded santa@example.com"):
        check(f"aws logs filter-log-events has {word!r}", any(word in message for message in messages), True)

    check("boto3 sts get_caller_identity", boto3.client("sts").get_caller_identity()["Account"], "000000000000")


if __name__ == "__main__":
    main(sys.argv[1])
