//! Lambda's addresses. Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html>.

use super::route::{Param, Route, boolean, integer, list, route, text};

const QUALIFIER: &[Param] = &[text("Qualifier", "Qualifier")];
const PAGE: &[Param] = &[text("Marker", "Marker"), integer("MaxItems", "MaxItems")];
const POLICY: &[Param] = &[text("Qualifier", "Qualifier"), text("RevisionId", "RevisionId")];

/// Every operation that deployers and their tools call.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    route("CreateFunction", "POST", "/2015-03-31/functions"),
    route("ListFunctions", "GET", "/2015-03-31/functions").query(&[
        text("Marker", "Marker"),
        integer("MaxItems", "MaxItems"),
        text("MasterRegion", "MasterRegion"),
        text("FunctionVersion", "FunctionVersion"),
    ]),
    route("GetFunction", "GET", "/2015-03-31/functions/{FunctionName}").query(QUALIFIER),
    route("DeleteFunction", "DELETE", "/2015-03-31/functions/{FunctionName}").query(QUALIFIER),
    route("UpdateFunctionCode", "PUT", "/2015-03-31/functions/{FunctionName}/code"),
    route("GetFunctionConfiguration", "GET", "/2015-03-31/functions/{FunctionName}/configuration").query(QUALIFIER),
    route("UpdateFunctionConfiguration", "PUT", "/2015-03-31/functions/{FunctionName}/configuration"),
    route("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations")
        .query(QUALIFIER)
        .headers(&[
            text("x-amz-invocation-type", "InvocationType"),
            text("x-amz-log-type", "LogType"),
            text("x-amz-client-context", "ClientContext"),
            text("x-amz-durable-execution-name", "DurableExecutionName"),
            text("x-amz-tenant-id", "TenantId"),
        ])
        .payload(),
    route("InvokeAsync", "POST", "/2014-11-13/functions/{FunctionName}/invoke-async").payload(),
    route("InvokeWithResponseStream", "POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations")
        .query(QUALIFIER)
        .headers(&[
            text("x-amz-invocation-type", "InvocationType"),
            text("x-amz-log-type", "LogType"),
            text("x-amz-client-context", "ClientContext"),
        ])
        .payload(),
    route("PublishVersion", "POST", "/2015-03-31/functions/{FunctionName}/versions"),
    route("ListVersionsByFunction", "GET", "/2015-03-31/functions/{FunctionName}/versions").query(PAGE),
    route("CreateAlias", "POST", "/2015-03-31/functions/{FunctionName}/aliases"),
    route("ListAliases", "GET", "/2015-03-31/functions/{FunctionName}/aliases").query(&[
        text("FunctionVersion", "FunctionVersion"),
        text("Marker", "Marker"),
        integer("MaxItems", "MaxItems"),
    ]),
    route("GetAlias", "GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"),
    route("UpdateAlias", "PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"),
    route("DeleteAlias", "DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"),
    route("AddPermission", "POST", "/2015-03-31/functions/{FunctionName}/policy").query(QUALIFIER),
    route("GetPolicy", "GET", "/2015-03-31/functions/{FunctionName}/policy").query(QUALIFIER),
    route("RemovePermission", "DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}").query(POLICY),
    route("PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{FunctionName}/concurrency"),
    route("DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/{FunctionName}/concurrency"),
    route("GetFunctionConcurrency", "GET", "/2019-09-30/functions/{FunctionName}/concurrency"),
    route("ListProvisionedConcurrencyConfigs", "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency")
        .when("List", "ALL")
        .query(PAGE),
    route("GetProvisionedConcurrencyConfig", "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency")
        .query(QUALIFIER),
    route("PutProvisionedConcurrencyConfig", "PUT", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency")
        .query(QUALIFIER),
    route("DeleteProvisionedConcurrencyConfig", "DELETE", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency")
        .query(QUALIFIER),
    route("PutFunctionEventInvokeConfig", "PUT", "/2019-09-25/functions/{FunctionName}/event-invoke-config")
        .query(QUALIFIER),
    route("UpdateFunctionEventInvokeConfig", "POST", "/2019-09-25/functions/{FunctionName}/event-invoke-config")
        .query(QUALIFIER),
    route("GetFunctionEventInvokeConfig", "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config")
        .query(QUALIFIER),
    route("DeleteFunctionEventInvokeConfig", "DELETE", "/2019-09-25/functions/{FunctionName}/event-invoke-config")
        .query(QUALIFIER),
    route("ListFunctionEventInvokeConfigs", "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config/list")
        .query(PAGE),
    route("CreateEventSourceMapping", "POST", "/2015-03-31/event-source-mappings"),
    route("ListEventSourceMappings", "GET", "/2015-03-31/event-source-mappings").query(&[
        text("EventSourceArn", "EventSourceArn"),
        text("FunctionName", "FunctionName"),
        text("Marker", "Marker"),
        integer("MaxItems", "MaxItems"),
    ]),
    route("GetEventSourceMapping", "GET", "/2015-03-31/event-source-mappings/{UUID}"),
    route("UpdateEventSourceMapping", "PUT", "/2015-03-31/event-source-mappings/{UUID}"),
    route("DeleteEventSourceMapping", "DELETE", "/2015-03-31/event-source-mappings/{UUID}"),
    route("CreateFunctionUrlConfig", "POST", "/2021-10-31/functions/{FunctionName}/url").query(QUALIFIER),
    route("GetFunctionUrlConfig", "GET", "/2021-10-31/functions/{FunctionName}/url").query(QUALIFIER),
    route("UpdateFunctionUrlConfig", "PUT", "/2021-10-31/functions/{FunctionName}/url").query(QUALIFIER),
    route("DeleteFunctionUrlConfig", "DELETE", "/2021-10-31/functions/{FunctionName}/url").query(QUALIFIER),
    route("ListFunctionUrlConfigs", "GET", "/2021-10-31/functions/{FunctionName}/urls").query(PAGE),
    route("PublishLayerVersion", "POST", "/2018-10-31/layers/{LayerName}/versions"),
    route("ListLayerVersions", "GET", "/2018-10-31/layers/{LayerName}/versions").query(&[
        text("CompatibleRuntime", "CompatibleRuntime"),
        text("CompatibleArchitecture", "CompatibleArchitecture"),
        text("Marker", "Marker"),
        integer("MaxItems", "MaxItems"),
    ]),
    route("GetLayerVersionByArn", "GET", "/2018-10-31/layers").when("find", "LayerVersion").query(&[text("Arn", "Arn")]),
    route("ListLayers", "GET", "/2018-10-31/layers").query(&[
        text("CompatibleRuntime", "CompatibleRuntime"),
        text("CompatibleArchitecture", "CompatibleArchitecture"),
        text("Marker", "Marker"),
        integer("MaxItems", "MaxItems"),
    ]),
    route("GetLayerVersion", "GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"),
    route("DeleteLayerVersion", "DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"),
    route("AddLayerVersionPermission", "POST", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy")
        .query(&[text("RevisionId", "RevisionId")]),
    route("GetLayerVersionPolicy", "GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"),
    route("RemoveLayerVersionPermission", "DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}")
        .query(&[text("RevisionId", "RevisionId")]),
    route("TagResource", "POST", "/2017-03-31/tags/{Resource}"),
    route("UntagResource", "DELETE", "/2017-03-31/tags/{Resource}").query(&[list("tagKeys", "TagKeys")]),
    route("ListTags", "GET", "/2017-03-31/tags/{Resource}"),
    route("GetAccountSettings", "GET", "/2016-08-19/account-settings"),
    route("CreateCodeSigningConfig", "POST", "/2020-04-22/code-signing-configs"),
    route("GetFunctionCodeSigningConfig", "GET", "/2020-06-30/functions/{FunctionName}/code-signing-config"),
    route("PutFunctionCodeSigningConfig", "PUT", "/2020-06-30/functions/{FunctionName}/code-signing-config"),
    route("DeleteFunctionCodeSigningConfig", "DELETE", "/2020-06-30/functions/{FunctionName}/code-signing-config"),
    route("PutRuntimeManagementConfig", "PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config")
        .query(QUALIFIER),
    route("GetRuntimeManagementConfig", "GET", "/2021-07-20/functions/{FunctionName}/runtime-management-config")
        .query(QUALIFIER),
    route("GetFunctionRecursionConfig", "GET", "/2024-08-31/functions/{FunctionName}/recursion-config"),
    route("PutFunctionRecursionConfig", "PUT", "/2024-08-31/functions/{FunctionName}/recursion-config"),
    route("GetFunctionScalingConfig", "GET", "/2025-11-30/functions/{FunctionName}/function-scaling-config")
        .query(QUALIFIER),
    route("PutFunctionScalingConfig", "PUT", "/2025-11-30/functions/{FunctionName}/function-scaling-config")
        .query(&[text("Qualifier", "Qualifier"), boolean("DryRun", "DryRun")]),
];
