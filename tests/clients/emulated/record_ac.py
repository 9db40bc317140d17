def main(event, context):
    return {"step": "RecordAC", "after": event["results"]["RecordDB"]["step"]}
