'use strict';

// Notifications of a bucket that another stack or a person made: a function's own ones are set, all others stay.

const { createHash } = require('crypto');
const {
  S3Client,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
} = require('@aws-sdk/client-s3');
const { LambdaClient, AddPermissionCommand, RemovePermissionCommand } = require('@aws-sdk/client-lambda');
const { resource, unless } = require('../cloudformation');

const s3 = new S3Client({ maxAttempts: 8 });
const lambda = new LambdaClient({ maxAttempts: 8 });

async function set(properties, where, wanted) {
  const Bucket = properties.BucketName;
  const { $metadata, ...settings } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const prefix = `${properties.FunctionName}-`;
  const isOwn = ({ Id = '' }) => Id.startsWith(prefix) && /^[0-9a-f]{32}$/.test(Id.slice(prefix.length));
  const others = (settings.LambdaFunctionConfigurations || []).filter((entry) => !isOwn(entry));
  const own = wanted.map((config) => ({
    Id: prefix + createHash('md5').update(JSON.stringify(config)).digest('hex'),
    LambdaFunctionArn: where.lambda(properties.FunctionName),
    Events: [config.Event],
    Filter: filter(config.Rules || []),
  }));
  const NotificationConfiguration = { ...settings, LambdaFunctionConfigurations: [...others, ...own] };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

function filter(rules) {
  const pairs = rules.flatMap((rule) => Object.entries(rule));
  if (pairs.length === 0) return undefined;
  return { Key: { FilterRules: pairs.map(([name, Value]) => ({ Name: name.toLowerCase(), Value })) } };
}

function statement(properties) {
  const bucket = properties.BucketName.replace(/[.:*]/g, '');
  return { FunctionName: properties.FunctionName, StatementId: `${properties.FunctionName}-${bucket}`.slice(0, 100) };
}

async function permit(properties, where) {
  const right = {
    ...statement(properties),
    Action: 'lambda:InvokeFunction',
    Principal: 's3.amazonaws.com',
    SourceArn: `arn:${where.partition}:s3:::${properties.BucketName}`,
    SourceAccount: where.account,
  };
  await unless(['ResourceConflictException'], lambda.send(new AddPermissionCommand(right)));
}

async function leave(properties, where) {
  await unless(['NoSuchBucket'], set(properties, where, []));
  await unless(['ResourceNotFoundException'], lambda.send(new RemovePermissionCommand(statement(properties))));
}

exports.handler = resource('CustomResourceExistingS3', async (request, where) => {
  const now = request.ResourceProperties;
  if (request.RequestType === 'Delete') return leave(now, where);
  const before = request.OldResourceProperties;
  const moved = before && (before.BucketName !== now.BucketName || before.FunctionName !== now.FunctionName);
  if (moved) await leave(before, where);
  await permit(now, where);
  return set(now, where, now.BucketConfigs);
});
