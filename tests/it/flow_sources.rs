//! Functions that are called for messages, topics and changes of tables, on this machine: a state machine sends to each.

use crate::support::Project;
use crate::support::application::local_rust;

const STACK: &str = concat!(
    local_rust!("sources"),
    r#"functions:
  OfQueue:
    handler: echo
    events:
      - sqs: { arn: !GetAtt Jobs.Arn, batchSize: 5, functionResponseType: ReportBatchItemFailures }
  OfTopic:
    handler: echo
    onError: !Ref Alarms
    events:
      - sns: news
      - sns:
          arn: !Ref Alarms
          topicName: alarms
          filterPolicy: { level: [high] }
  OfTable:
    handler: echo
    events:
      - stream: { type: dynamodb, arn: !GetAtt People.StreamArn, startingPosition: TRIM_HORIZON }
      - schedule: rate(2 hours)
      - schedule: { rate: [rate(3 hours)], method: scheduler, timezone: UTC, input: { b: 2 } }
      - schedule: { rate: [cron(0 12 * * ? *)], input: { a: 1 } }
      - eventBridge: { eventBus: orders, pattern: { source: [shop] }, retryPolicy: { maximumRetryAttempts: 3 } }
      - cloudwatchEvent: { event: { source: [shop], detail-type: [order] } }
  OfBucket:
    handler: echo
    events:
      - s3: { bucket: sources-pictures, event: "s3:ObjectCreated:*", rules: [{ prefix: in/ }, { suffix: .jpg }] }
stepFunctions:
  stateMachines:
    sender:
      definition:
        StartAt: Send
        States:
          Send:
            Type: Task
            Resource: arn:aws:states:::sqs:sendMessage
            Parameters: { QueueUrl: !Ref Jobs, MessageBody: to-the-queue }
            Next: Publish
          Publish:
            Type: Task
            Resource: arn:aws:states:::sns:publish
            Parameters: { TopicArn: !Ref SNSTopicNews, Message: to-the-topic }
            Next: Put
          Put:
            Type: Task
            Resource: arn:aws:states:::dynamodb:putItem
            Parameters: { TableName: !Ref People, Item: { email: { S: to-the-table } } }
            Next: Draw
          Draw:
            Type: Task
            Resource: arn:aws:states:::aws-sdk:s3:putObject
            Parameters: { Bucket: sources-pictures, Key: "in/to-the-bucket.jpg", Body: colours }
            End: true
resources:
  Resources:
    Alarms: { Type: "AWS::SNS::Topic", Properties: { DisplayName: alarms } }
    Jobs:
      Type: AWS::SQS::Queue
      Properties: { VisibilityTimeout: 60, RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 } }
    Dead: { Type: "AWS::SQS::Queue" }
    JobsPolicy:
      Type: AWS::SQS::QueuePolicy
      Properties:
        Queues: [!Ref Jobs]
        PolicyDocument:
          Statement: [{ Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: "sqs:SendMessage", Resource: !GetAtt Jobs.Arn }]
    People:
      Type: AWS::DynamoDB::Table
      Properties:
        AttributeDefinitions: [{ AttributeName: email, AttributeType: S }]
        KeySchema: [{ AttributeName: email, KeyType: HASH }]
        BillingMode: PAY_PER_REQUEST
        StreamSpecification: { StreamViewType: NEW_IMAGE }
"#
);

#[test]
fn messages_topics_and_tables_call_their_functions() {
    let project = Project::with_stack(STACK);
    project.run(&[]).expect(0);
    project.run(&["plan", "--exit-code"]).expect(0);
    project.run(&["invoke", "stepf", "--name", "sender", "--data", "{}"]).expect(0);
    for (function, word) in [
        ("OfQueue", "to-the-queue"),
        ("OfTopic", "to-the-topic"),
        ("OfTable", "to-the-table"),
        ("OfBucket", "in/to-the-bucket.jpg"),
    ] {
        let said = (0..100).any(|_| project.run(&["logs", "-f", function]).all().contains(word));
        assert!(said, "{function} is not called with {word}");
    }
    let other = STACK.replace("batchSize: 5", "batchSize: 7").replace("VisibilityTimeout: 60", "VisibilityTimeout: 90");
    project.write("stack.yaml", &other);
    project.run(&["plan"]).expect(0).says("BatchSize: 5 → 7").says("VisibilityTimeout: 60 → 90");
    project.run(&[]).expect(0);
    project.run(&["drift", "--exit-code"]).expect(0);
    project.run(&["remove"]).expect(0);
    assert!(!project.path().join(".deploy").exists(), "something is left under .deploy");
}
