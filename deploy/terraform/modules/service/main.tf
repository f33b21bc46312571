# A Fargate service with packet-forwarder as a sidecar. Its containers are in task.tf, what it may do in roles.tf, how to watch it in
# watch.tf.

data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  region    = data.aws_region.current.name
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
  cluster   = var.cluster_name == "" ? aws_ecs_cluster.cluster[0].name : var.cluster_name
}

resource "aws_ecs_cluster" "cluster" {
  count = var.cluster_name == "" ? 1 : 0
  name  = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "log_group" {
  name              = "/${var.name}/tasks"
  retention_in_days = var.retention_days
}

# Nothing comes in. Out goes the mirror, and what ECS itself needs to start the task; names are looked up at the VPC's resolver,
# which security groups do not concern. An application that is asked from outside gets a second group for that.
resource "aws_security_group" "task_group" {
  name        = "${var.name}-tasks"
  description = "Mirrored tasks, egress only"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "task_mirror" {
  security_group_id            = aws_security_group.task_group.id
  description                  = "mirrored traffic"
  ip_protocol                  = "udp"
  from_port                    = 4789
  to_port                      = 4789
  referenced_security_group_id = var.mirror_group_id
}

resource "aws_vpc_security_group_egress_rule" "task_endpoints" {
  security_group_id            = aws_security_group.task_group.id
  description                  = "ECR and CloudWatch Logs"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = var.endpoint_group_id
}

resource "aws_vpc_security_group_egress_rule" "task_s3" {
  security_group_id = aws_security_group.task_group.id
  description       = "layers of images"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = var.s3_prefix_list_id
}

resource "aws_vpc_security_group_ingress_rule" "mirror_ingress" {
  security_group_id            = var.mirror_group_id
  description                  = "mirrored traffic"
  ip_protocol                  = "udp"
  from_port                    = 4789
  to_port                      = 4789
  referenced_security_group_id = aws_security_group.task_group.id
}

resource "aws_ecs_service" "service" {
  name                               = var.name
  cluster                            = local.cluster
  task_definition                    = aws_ecs_task_definition.task.arn
  desired_count                      = var.desired_count
  launch_type                        = "FARGATE"
  platform_version                   = "1.4.0"
  enable_execute_command             = var.exec
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.task_group.id]
    assign_public_ip = false
  }
}
