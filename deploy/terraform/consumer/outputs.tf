output "task_group_id" {
  value = module.service.task_group_id
}
