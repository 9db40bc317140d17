def main(event, context):
    return {"step": "Notify", "after": event["results"]["RecordAC"]["step"]}
