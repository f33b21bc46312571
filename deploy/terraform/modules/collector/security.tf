# In front of the collectors. The service module lets its tasks in, by a rule of its own.
resource "aws_security_group" "mirror_group" {
  name        = "${var.name}-load-balancer"
  description = "Load balancer of the collectors, UDP 4789 from mirrored tasks"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "mirror_egress" {
  security_group_id            = aws_security_group.mirror_group.id
  description                  = "mirrored traffic"
  ip_protocol                  = "udp"
  from_port                    = 4789
  to_port                      = 4789
  referenced_security_group_id = aws_security_group.collector_group.id
}

resource "aws_vpc_security_group_egress_rule" "health_egress" {
  security_group_id            = aws_security_group.mirror_group.id
  description                  = "health checks"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.collector_group.id
}

resource "aws_security_group" "collector_group" {
  name        = "${var.name}-collectors"
  description = "Collectors of mirrored traffic"
  vpc_id      = var.vpc_id
}

# By the load balancer's group, which stands for it also where it keeps the address of the task, as it always does with UDP.
resource "aws_vpc_security_group_ingress_rule" "collector_mirror" {
  security_group_id            = aws_security_group.collector_group.id
  description                  = "mirrored traffic"
  ip_protocol                  = "udp"
  from_port                    = 4789
  to_port                      = 4789
  referenced_security_group_id = aws_security_group.mirror_group.id
}

resource "aws_vpc_security_group_ingress_rule" "collector_health" {
  security_group_id            = aws_security_group.collector_group.id
  description                  = "health checks"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.mirror_group.id
}

resource "aws_vpc_security_group_egress_rule" "collector_endpoints" {
  security_group_id            = aws_security_group.collector_group.id
  description                  = "ECR and CloudWatch Logs"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = var.endpoint_group_id
}

resource "aws_vpc_security_group_egress_rule" "collector_s3" {
  security_group_id = aws_security_group.collector_group.id
  description       = "layers of images and packages"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = var.s3_prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "collector_search" {
  count                        = var.ship_to == "opensearch" ? 1 : 0
  security_group_id            = aws_security_group.collector_group.id
  description                  = "records to OpenSearch"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = var.open_search_group_id
}
