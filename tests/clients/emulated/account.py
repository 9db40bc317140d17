"""What there is in the account behind AWS_ENDPOINT_URL: `stands` when the application is all there, `empty` when
nothing is. Botocore only, which is what ministack brings along."""

import sys

import botocore.session

session = botocore.session.get_session()


def listed(service, operation, key, name, **arguments):
    entries = getattr(session.create_client(service), operation)(**arguments)[key]
    return sorted(entry[name] if name else entry for entry in entries)


found = {
    "functions": listed("lambda", "list_functions", "Functions", "FunctionName"),
    "machines": listed("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "tables": listed("dynamodb", "list_tables", "TableNames", None),
    "apis": listed("apigateway", "get_rest_apis", "items", "name"),
    "buckets": listed("s3", "list_buckets", "Buckets", "Name"),
    "logs": listed("logs", "describe_log_groups", "logGroups", "logGroupName", logGroupNamePrefix="/aws/lambda/signup-dev"),
    "roles": [role for role in listed("iam", "list_roles", "Roles", "RoleName") if role.startswith("signup-dev")],
}
found["stacks"] = [
    summary["StackName"]
    for summary in session.create_client("cloudformation").list_stacks()["StackSummaries"]
    if summary["StackStatus"] != "DELETE_COMPLETE"
]
if sys.argv[1] == "stands":
    assert found["functions"] == ["signup-dev-Notify", "signup-dev-RecordAC", "signup-dev-RecordDB"], found
    assert found["tables"] == ["signup-dev"] and found["stacks"] == ["signup-dev"], found
    assert len(found["machines"]) == len(found["apis"]) == len(found["buckets"]) == 1, found
    assert len(found["logs"]) == 3 and len(found["roles"]) >= 2, found
else:
    assert not any(found.values()), found
print(" ", sys.argv[1], {kind: len(names) for kind, names in found.items()})
