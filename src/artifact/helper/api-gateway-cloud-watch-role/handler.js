'use strict';

// The role that API Gateway writes logs with. It is one for the whole account and region, shared by all stacks, and
// therefore stays when a stack goes.

const { APIGatewayClient, GetAccountCommand, UpdateAccountCommand } = require('@aws-sdk/client-api-gateway');
const { IAMClient, AttachRolePolicyCommand, CreateRoleCommand } = require('@aws-sdk/client-iam');
const { setTimeout: sleep } = require('timers/promises');
const { resource, unless } = require('../cloudformation');

const api = new APIGatewayClient({ maxAttempts: 8 });
const iam = new IAMClient({ maxAttempts: 8 });

const ROLE = 'serverlessApiGatewayCloudWatchRole';

async function role({ partition, account }) {
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  };
  const wanted = { RoleName: ROLE, Path: '/', AssumeRolePolicyDocument: JSON.stringify(trust) };
  await unless(['EntityAlreadyExistsException', 'EntityAlreadyExists'], iam.send(new CreateRoleCommand(wanted)));
  const PolicyArn = `arn:${partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs`;
  await iam.send(new AttachRolePolicyCommand({ RoleName: ROLE, PolicyArn }));
  return `arn:${partition}:iam::${account}:role/${ROLE}`;
}

exports.handler = resource('CustomResourceApiGatewayAccountCloudWatchRole', async (request, where) => {
  if (request.RequestType === 'Delete') return;
  const given = request.ResourceProperties.RoleArn;
  const { cloudwatchRoleArn } = await api.send(new GetAccountCommand({}));
  const value = given || `arn:${where.partition}:iam::${where.account}:role/${ROLE}`;
  if (cloudwatchRoleArn === value) return;
  if (!given) await role(where);
  const patchOperations = [{ op: 'replace', path: '/cloudwatchRoleArn', value }];
  // A new role is not known everywhere at once.
  for (let attempt = 1; ; attempt += 1) {
    try {
      await api.send(new UpdateAccountCommand({ patchOperations }));
      return;
    } catch (error) {
      if (attempt === 10) throw error;
      await sleep(10_000);
    }
  }
});
