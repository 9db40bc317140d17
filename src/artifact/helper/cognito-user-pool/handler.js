'use strict';

// Triggers of a user pool that another stack or a person made.

const {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  UpdateUserPoolCommand,
  paginateListUserPools,
} = require('@aws-sdk/client-cognito-identity-provider');
const { LambdaClient, AddPermissionCommand, RemovePermissionCommand } = require('@aws-sdk/client-lambda');
const { resource, unless } = require('../cloudformation');

const cognito = new CognitoIdentityProviderClient({ maxAttempts: 8 });
const lambda = new LambdaClient({ maxAttempts: 8 });

// What UpdateUserPool takes. A setting that it does not get goes back to its default, so that all are sent again.
const SETTINGS = [
  'AccountRecoverySetting', 'AdminCreateUserConfig', 'AutoVerifiedAttributes', 'DeletionProtection',
  'DeviceConfiguration', 'EmailConfiguration', 'EmailVerificationMessage', 'EmailVerificationSubject',
  'MfaConfiguration', 'Policies', 'SmsAuthenticationMessage', 'SmsConfiguration', 'SmsVerificationMessage',
  'UserAttributeUpdateSettings', 'UserPoolAddOns', 'UserPoolTags', 'UserPoolTier', 'VerificationMessageTemplate',
];

async function find(name) {
  for await (const page of paginateListUserPools({ client: cognito }, { MaxResults: 60 })) {
    const found = page.UserPools.find((pool) => pool.Name === name);
    if (found) {
      const { UserPool } = await cognito.send(new DescribeUserPoolCommand({ UserPoolId: found.Id }));
      return UserPool;
    }
  }
  return undefined;
}

async function write(pool, LambdaConfig) {
  const known = SETTINGS.filter((name) => pool[name] !== undefined).map((name) => [name, pool[name]]);
  const settings = Object.fromEntries(known);
  // Two spellings of one setting; AWS describes both and takes one.
  if (settings.AdminCreateUserConfig && settings.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays) {
    const { UnusedAccountValidityDays, ...kept } = settings.AdminCreateUserConfig;
    settings.AdminCreateUserConfig = kept;
  }
  await cognito.send(new UpdateUserPoolCommand({ UserPoolId: pool.Id, ...settings, LambdaConfig }));
}

// The pool's triggers without those that call this function.
function others(pool, arn) {
  const entries = Object.entries(pool.LambdaConfig || {});
  return Object.fromEntries(entries.filter(([, value]) => value !== arn && value?.LambdaArn !== arn));
}

function triggers(configs, arn) {
  const all = {};
  for (const { Trigger, LambdaVersion, KMSKeyID } of configs) {
    if (KMSKeyID) all.KMSKeyID = KMSKeyID;
    if (!LambdaVersion) all[Trigger] = arn;
    else if (Trigger === 'PreTokenGeneration') all.PreTokenGenerationConfig = { LambdaArn: arn, LambdaVersion };
    else all[Trigger] = { LambdaArn: arn, LambdaVersion };
  }
  return all;
}

function statement(properties) {
  const pool = properties.UserPoolName.replace(/[^A-Za-z0-9_-]/g, '');
  return { FunctionName: properties.FunctionName, StatementId: `${properties.FunctionName}-${pool}`.slice(0, 100) };
}

async function leave(properties, where) {
  const pool = await find(properties.UserPoolName);
  if (pool) await write(pool, others(pool, where.lambda(properties.FunctionName)));
  await unless(['ResourceNotFoundException'], lambda.send(new RemovePermissionCommand(statement(properties))));
}

exports.handler = resource('CustomResourceExistingCognitoUserPool', async (request, where) => {
  const now = request.ResourceProperties;
  if (request.RequestType === 'Delete') return leave(now, where);
  const before = request.OldResourceProperties;
  const moved = before && (before.UserPoolName !== now.UserPoolName || before.FunctionName !== now.FunctionName);
  if (moved) await leave(before, where);
  const pool = await find(now.UserPoolName);
  if (!pool) throw new Error(`there is no user pool "${now.UserPoolName}"`);
  const right = {
    ...statement(now),
    Action: 'lambda:InvokeFunction',
    Principal: 'cognito-idp.amazonaws.com',
    SourceArn: pool.Arn,
  };
  await unless(['ResourceConflictException'], lambda.send(new AddPermissionCommand(right)));
  const arn = where.lambda(now.FunctionName);
  return write(pool, { ...others(pool, arn), ...triggers(now.UserPoolConfigs, arn) });
});
