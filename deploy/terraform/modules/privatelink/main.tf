# The way to collectors of another account, over PrivateLink. It takes the place of the collector module where the tasks are.

# In front of the collectors, as the load balancer's group is in their own account. The service module lets its tasks in. Endpoints
# answer and never ask: no egress.
resource "aws_security_group" "mirror_group" {
  name        = "${var.name}-privatelink"
  description = "Endpoint of the collectors, UDP 4789 from mirrored tasks"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_endpoint" "endpoint" {
  vpc_endpoint_type   = "Interface"
  service_name        = var.service_name
  vpc_id              = var.vpc_id
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.mirror_group.id]
  private_dns_enabled = false
}

resource "aws_route53_zone" "zone" {
  name = var.domain

  vpc {
    vpc_id = var.vpc_id
  }
}

# The first entry of an endpoint is its name for all zones.
resource "aws_route53_record" "record" {
  zone_id = aws_route53_zone.zone.zone_id
  name    = "collector.${var.domain}"
  type    = "CNAME"
  ttl     = 60
  records = [aws_vpc_endpoint.endpoint.dns_entry[0].dns_name]
}
