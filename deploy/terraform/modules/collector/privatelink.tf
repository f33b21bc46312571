# The collectors as a service that other accounts connect to. Each connection is accepted by hand.
resource "aws_vpc_endpoint_service" "endpoint_service" {
  count                      = length(var.consumer_principals) > 0 ? 1 : 0
  acceptance_required        = true
  network_load_balancer_arns = [aws_lb.load_balancer.arn]
}

resource "aws_vpc_endpoint_service_allowed_principal" "endpoint_service_principals" {
  for_each                = toset(var.consumer_principals)
  vpc_endpoint_service_id = aws_vpc_endpoint_service.endpoint_service[0].id
  principal_arn           = each.value
}

resource "aws_vpc_security_group_ingress_rule" "mirror_consumers" {
  count             = length(var.consumer_principals) > 0 ? 1 : 0
  security_group_id = aws_security_group.mirror_group.id
  description       = "mirrored tasks over PrivateLink"
  ip_protocol       = "udp"
  from_port         = 4789
  to_port           = 4789
  cidr_ipv4         = var.consumer_cidr
}
