output "destination" {
  value = "collector.${var.domain}"
}

output "mirror_group_id" {
  value = aws_security_group.mirror_group.id
}
