output "destination" {
  value = local.destination
}

output "task_group_id" {
  value = module.service.task_group_id
}

output "endpoint_service_name" {
  value = one(module.collector[*].endpoint_service_name)
}
