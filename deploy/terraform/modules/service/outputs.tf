output "cluster_name" {
  value = local.cluster
}

output "service_name" {
  value = aws_ecs_service.service.name
}

output "task_group_id" {
  value = aws_security_group.task_group.id
}
