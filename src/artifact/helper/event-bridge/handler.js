'use strict';

// A rule of an event bus, its target, and the bus itself when the rule names one that is not there.

const {
  EventBridgeClient,
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} = require('@aws-sdk/client-eventbridge');
const { LambdaClient, AddPermissionCommand, RemovePermissionCommand } = require('@aws-sdk/client-lambda');
const { resource, unless } = require('../cloudformation');

const events = new EventBridgeClient({ maxAttempts: 8 });
const lambda = new LambdaClient({ maxAttempts: 8 });

// The bus by name, undefined for the account's own.
function busOf({ EventBus: bus }) {
  const name = bus && bus.startsWith('arn:') ? bus.slice(bus.indexOf('/') + 1) : bus;
  return name === 'default' ? undefined : name;
}

const isOwn = ({ EventBus: bus }) => bus && bus !== 'default' && !bus.startsWith('arn:');

function statement(name, { RuleName }) {
  return { FunctionName: name, StatementId: `${name}-${RuleName}`.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 100) };
}

async function leave({ FunctionName, EventBridgeConfig: config }) {
  const EventBusName = busOf(config);
  const Ids = [`${config.RuleName}-target`.slice(-64)];
  const gone = ['ResourceNotFoundException'];
  await unless(gone, events.send(new RemoveTargetsCommand({ Rule: config.RuleName, EventBusName, Ids })));
  await unless(gone, events.send(new DeleteRuleCommand({ Name: config.RuleName, EventBusName })));
  await unless(gone, lambda.send(new RemovePermissionCommand(statement(FunctionName, config))));
  // A bus with rules of others stays.
  if (isOwn(config)) {
    await unless([...gone, 'ValidationException'], events.send(new DeleteEventBusCommand({ Name: EventBusName })));
  }
}

async function set({ FunctionName, EventBridgeConfig: config }, where) {
  const EventBusName = busOf(config);
  if (isOwn(config)) {
    const made = events.send(new CreateEventBusCommand({ Name: EventBusName }));
    await unless(['ResourceAlreadyExistsException'], made);
  }
  const path = [EventBusName, config.RuleName].filter(Boolean).join('/');
  const right = {
    ...statement(FunctionName, config),
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: `arn:${where.partition}:events:${where.region}:${where.account}:rule/${path}`,
  };
  await unless(['ResourceConflictException'], lambda.send(new AddPermissionCommand(right)));
  await events.send(
    new PutRuleCommand({
      Name: config.RuleName,
      EventBusName,
      EventPattern: config.Pattern && JSON.stringify(config.Pattern),
      ScheduleExpression: config.Schedule,
      State: config.State,
    })
  );
  const target = {
    Id: `${config.RuleName}-target`.slice(-64),
    Arn: where.lambda(FunctionName),
    Input: config.Input && JSON.stringify(config.Input),
    InputPath: config.InputPath,
    InputTransformer: config.InputTransformer,
  };
  const { FailedEntries: [failed] = [] } = await events.send(
    new PutTargetsCommand({ Rule: config.RuleName, EventBusName, Targets: [target] })
  );
  if (failed) throw new Error(failed.ErrorMessage);
}

exports.handler = resource('CustomResourceEventBridge', async (request, where) => {
  const now = request.ResourceProperties;
  if (request.RequestType === 'Delete') return leave(now);
  const before = request.OldResourceProperties;
  const name = ({ FunctionName, EventBridgeConfig: config }) => [FunctionName, config.RuleName, config.EventBus].join();
  if (before && name(before) !== name(now)) await leave(before);
  return set(now, where);
});
