# Collectors behind a Network Load Balancer on UDP 4789, with their private domain. Who may reach them is in security.tf, what they
# are in instances.tf, how other accounts come in privatelink.tf.

data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  region        = data.aws_region.current.name
  partition     = data.aws_partition.current.partition
  account       = data.aws_caller_identity.current.account_id
  zones         = { a = var.zones[0], b = var.zones[1], c = var.zones[2] }
  alarm_actions = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]
}

resource "aws_lb" "load_balancer" {
  name                                                         = var.name
  load_balancer_type                                           = "network"
  internal                                                     = true
  ip_address_type                                              = "ipv4"
  subnets                                                      = var.subnet_ids
  security_groups                                              = [aws_security_group.mirror_group.id]
  enforce_security_group_inbound_rules_on_private_link_traffic = "on"
  enable_cross_zone_load_balancing                             = var.cross_zone
  dns_record_client_routing_policy                             = var.client_routing
}

resource "aws_lb_target_group" "target_group" {
  name        = var.name
  protocol    = "UDP"
  port        = 4789
  target_type = "instance"
  vpc_id      = var.vpc_id

  health_check {
    protocol            = "HTTP"
    path                = "/healthz"
    port                = "8080"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  # A flow is an address and a port; by address alone all ports of a forwarder would go to one collector.
  stickiness {
    type    = "source_ip"
    enabled = false
  }

  # Flows of a forwarder never end by themselves, so they are ended, and go to another collector, after this.
  deregistration_delay   = 60
  connection_termination = true
}

resource "aws_lb_listener" "listener" {
  load_balancer_arn = aws_lb.load_balancer.arn
  protocol          = "UDP"
  port              = 4789

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.target_group.arn
  }
}

resource "aws_route53_zone" "zone" {
  name = var.domain

  vpc {
    vpc_id = var.vpc_id
  }
}

# A CNAME, so that the resolver asks for the load balancer's own name and the routing policy applies.
resource "aws_route53_record" "record" {
  zone_id = aws_route53_zone.zone.zone_id
  name    = "collector.${var.domain}"
  type    = "CNAME"
  ttl     = 60
  records = [aws_lb.load_balancer.dns_name]
}

resource "aws_route53_record" "record_zone" {
  for_each = local.zones
  zone_id  = aws_route53_zone.zone.zone_id
  name     = "${each.value}.collector.${var.domain}"
  type     = "CNAME"
  ttl      = 60
  records  = ["${each.value}.${aws_lb.load_balancer.dns_name}"]
}

resource "aws_cloudwatch_metric_alarm" "unhealthy_alarm" {
  alarm_name          = "${var.name}-collector-unhealthy"
  alarm_description   = "A collector does not answer its health check, so its share of the mirror is lost until it is replaced."
  namespace           = "AWS/NetworkELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.load_balancer.arn_suffix, TargetGroup = aws_lb_target_group.target_group.arn_suffix }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
}
