// Runs a Node.js handler against the Lambda Runtime API.
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import util from "node:util";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let requestId = "";

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(api + where, { method, agent, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString("utf8") }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

function patchConsole() {
  const levels = { log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR" };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...values) => {
      const text = util.format(...values).replace(/\n/g, "\r");
      const line = `${new Date().toISOString()}\t${requestId || "undefined"}\t${level}\t${text}\n`;
      fs.writeSync(1, line);
    };
  }
}

function named(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

function errorDocument(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: error.name || "Error",
    errorMessage: error.message ?? "",
    // As on AWS, where the code is in /var/task.
    trace: (error.stack ?? "").replaceAll(`${process.env.LAMBDA_TASK_ROOT}/`, "/var/task/").split("\n"),
  };
}

async function loadModule(root, modulePath) {
  const base = path.resolve(root, modulePath);
  const file = ["", ".js", ".mjs", ".cjs"].map((end) => base + end).find((name) => fs.statSync(name, { throwIfNoEntry: false })?.isFile());
  if (!file) {
    throw named("Runtime.ImportModuleError", `Error: Cannot find module '${path.basename(modulePath)}'`);
  }
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw named("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    }
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
      throw named("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    throw error;
  }
}

async function loadHandler() {
  const name = process.env._HANDLER;
  const folder = path.dirname(name);
  const [module, ...members] = path.basename(name).split(".");
  if (members.length === 0) {
    throw named("Runtime.MalformedHandlerName", "Bad handler");
  }
  const loaded = await loadModule(process.env.LAMBDA_TASK_ROOT, path.join(folder, module));
  const find = (value) => members.reduce((found, member) => found?.[member], value);
  const handler = find(loaded) ?? find(loaded.default);
  if (handler === undefined) {
    throw named("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw named("Runtime.HandlerNotFound", `${name} is not a function`);
  }
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    identity: undefined,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    context.done = callback;
    context.succeed = (result) => resolve(result);
    context.fail = (error) => reject(error);
    try {
      const returned = handler(event, context, callback);
      if (returned && typeof returned.then === "function") {
        returned.then(resolve, reject);
      } else if (handler.length < 3) {
        resolve(returned);
      }
    } catch (error) {
      reject(error);
    }
  });
}

async function report(where, error, label) {
  const document = errorDocument(error);
  const shown = { errorType: document.errorType, errorMessage: document.errorMessage, stack: document.trace };
  console.error(label, JSON.stringify(shown));
  const headers = { "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": encodeURIComponent(document.errorType) };
  await call("POST", where, JSON.stringify(document), headers);
}

function encode(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw named("Runtime.MarshalError", "Unable to stringify response body");
  }
}

async function main() {
  patchConsole();
  globalThis.require ??= createRequire(path.join(process.env.LAMBDA_TASK_ROOT, "index.js"));
  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    await report("/init/error", error, "Uncaught Exception");
    process.exit(129);
  }
  const dying = (label) => async (error) => {
    await report(requestId ? `/invocation/${requestId}/error` : "/init/error", error, label);
    process.exit(128);
  };
  process.on("uncaughtException", dying("Uncaught Exception"));
  process.on("unhandledRejection", (reason) => {
    dying("Unhandled Promise Rejection")(named("Runtime.UnhandledPromiseRejection", String(reason)));
  });
  for (;;) {
    const { headers, body } = await call("GET", "/invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    try {
      const result = encode(await run(handler, JSON.parse(body || "null"), contextOf(headers)));
      await call("POST", `/invocation/${requestId}/response`, result, { "Content-Type": "application/json" });
    } catch (error) {
      await report(`/invocation/${requestId}/error`, error, "Invoke Error");
    }
  }
}

await main();
