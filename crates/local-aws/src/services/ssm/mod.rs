//! The operations of `ssm` that configurations need: parameters.

mod fault;
mod get_parameters;
mod parameter;
mod put_parameter;
mod tags;

use crate::operation;
use crate::services::Operation;

pub use super::changing::State;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("AddTagsToResource", tags::add_tags_to_resource),
    operation!("DeleteParameter", put_parameter::delete_parameter),
    operation!("DeleteParameters", put_parameter::delete_parameters),
    operation!("DescribeParameters", get_parameters::describe_parameters),
    operation!("GetParameter", get_parameters::get_parameter),
    operation!("GetParameterHistory", get_parameters::get_parameter_history),
    operation!("GetParameters", get_parameters::get_parameters),
    operation!("GetParametersByPath", get_parameters::get_parameters_by_path),
    operation!("ListTagsForResource", tags::list_tags_for_resource),
    operation!("PutParameter", put_parameter::put_parameter),
    operation!("RemoveTagsFromResource", tags::remove_tags_from_resource),
];

const PARAMETERS: &str = "ssm.parameters";
