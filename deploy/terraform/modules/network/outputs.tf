output "vpc_id" {
  value = aws_vpc.vpc.id
}

output "subnet_ids" {
  value = [for subnet in aws_subnet.subnet : subnet.id]
}

output "endpoint_group_id" {
  value = aws_security_group.endpoint_group.id
}
