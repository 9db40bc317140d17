'use strict';

// What CloudFormation and a custom resource say to each other.

const https = require('https');
const http = require('http');

// The handler of a custom resource: `work` gets the request and where it runs, and fails by throwing.
exports.resource = (name, work) => async (request, context) => {
  const answer = {
    Status: 'SUCCESS',
    PhysicalResourceId: request.PhysicalResourceId || name,
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
  };
  try {
    await work(request, place(context));
  } catch (error) {
    console.error(error);
    answer.Status = 'FAILED';
    answer.Reason = `${error.name}: ${error.message}`;
  }
  await put(request.ResponseURL, JSON.stringify(answer));
};

// Partition, region and account, which the function's own ARN names.
function place(context) {
  const [, partition, , region, account] = context.invokedFunctionArn.split(':');
  const lambda = (name) => `arn:${partition}:lambda:${region}:${account}:function:${name}`;
  return { partition, region, account, lambda };
}

function put(address, body) {
  const client = address.startsWith('http:') ? http : https;
  const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = client.request(address, { method: 'PUT', headers }, (response) => {
      response.resume();
      response.on('end', resolve);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

// Waits for a call that may fail with one of these errors.
exports.unless = async (names, call) => {
  try {
    return await call;
  } catch (error) {
    if (names.includes(error.name)) return undefined;
    throw error;
  }
};
