//! Rights of tasks that work with clusters of Amazon EMR.

use super::rights::{Right, any, right};

/// Rights to clusters of Amazon EMR, which have no ARN before they run.
pub fn of_task(base: &str, is_sync: bool) -> Option<Vec<Right>> {
    let actions = match base.strip_prefix("elasticmapreduce:")? {
        "createCluster" if is_sync => {
            "elasticmapreduce:RunJobFlow,elasticmapreduce:DescribeCluster,elasticmapreduce:TerminateJobFlows"
        }
        "createCluster" | "runJobFlow" => "elasticmapreduce:RunJobFlow",
        "terminateCluster" => "elasticmapreduce:TerminateJobFlows,elasticmapreduce:DescribeCluster",
        "addStep" => "elasticmapreduce:AddJobFlowSteps,elasticmapreduce:DescribeStep,elasticmapreduce:CancelSteps",
        "cancelStep" => "elasticmapreduce:CancelSteps",
        "setClusterTerminationProtection" => "elasticmapreduce:SetTerminationProtection",
        "modifyInstanceFleetByName" => "elasticmapreduce:ModifyInstanceFleet,elasticmapreduce:ListInstanceFleets",
        "modifyInstanceGroupByName" => "elasticmapreduce:ModifyInstanceGroups,elasticmapreduce:ListInstanceGroups",
        _ => return None,
    };
    let passes = matches!(base, "elasticmapreduce:createCluster" | "elasticmapreduce:runJobFlow");
    let pass = passes.then(|| right("iam:PassRole", any()));
    Some([right(actions, any())].into_iter().chain(pass).collect())
}
