import os


def main(event, context):
    return {"step": "RecordDB", "version": 1, "table": os.environ["TABLE"], "email": event["body"]["email"]}
