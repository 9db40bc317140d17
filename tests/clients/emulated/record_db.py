import os


def main(event, context):
    print("RecordDB was called")
    return {"step": "RecordDB", "version": 1, "table": os.environ["TABLE"], "email": event["body"]["email"]}
