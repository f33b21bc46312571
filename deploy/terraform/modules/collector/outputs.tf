output "destination" {
  value = "collector.${var.domain}"
}

output "mirror_group_id" {
  value = aws_security_group.mirror_group.id
}

output "endpoint_service_name" {
  value = one(aws_vpc_endpoint_service.endpoint_service[*].service_name)
}
