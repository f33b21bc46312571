data "aws_ssm_parameter" "ami" {
  name = var.ami_parameter
}

resource "aws_cloudwatch_log_group" "log_group" {
  name              = "/${var.name}/collectors"
  retention_in_days = var.retention_days
}

resource "aws_iam_role" "role" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "role" {
  name = "collector"
  role = aws_iam_role.role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      # Has no resource to name.
      { Sid = "Registry", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Sid      = "Images"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${local.partition}:ecr:${local.region}:${local.account}:repository/*"
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/${var.name}/collectors:*"
      },
      ], [for bucket in var.ship_to == "s3" ? [var.ship_bucket] : [] : {
        Sid      = "Records"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "arn:${local.partition}:s3:::${bucket}/*"
        }], [for domain in var.ship_to == "opensearch" ? [var.open_search_domain_arn] : [] : {
        Sid      = "Search"
        Effect   = "Allow"
        Action   = "es:ESHttpPost"
        Resource = "${domain}/*"
    }])
  })
}

resource "aws_iam_instance_profile" "profile" {
  role = aws_iam_role.role.name
}

resource "aws_launch_template" "launch_template" {
  name                   = var.name
  image_id               = data.aws_ssm_parameter.ami.insecure_value
  instance_type          = var.instance_type
  vpc_security_group_ids = [aws_security_group.collector_group.id]

  iam_instance_profile {
    name = aws_iam_instance_profile.profile.name
  }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = 30
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-collector" }
  }

  # The names in the text are those of the parameters in collector.yaml, which has the same text.
  user_data = base64encode(templatefile("${path.module}/user-data.sh", {
    LogGroup         = aws_cloudwatch_log_group.log_group.name
    ReceiveImage     = var.receive_image
    ReceiveArguments = var.receive_arguments
    SuricataImage    = var.suricata_image
    ShipTo           = var.ship_to
    ShipperImage     = var.shipper_image
    ShipBucket       = var.ship_bucket
    OpenSearchHost   = var.open_search_host
  }))
}

resource "aws_autoscaling_group" "group" {
  name                = var.name
  vpc_zone_identifier = var.subnet_ids
  min_size            = var.min_collectors
  max_size            = var.max_collectors
  target_group_arns   = [aws_lb_target_group.target_group.arn]
  # A collector whose receiver does not run is replaced.
  health_check_type         = "ELB"
  health_check_grace_period = 300

  launch_template {
    id      = aws_launch_template.launch_template.id
    version = aws_launch_template.launch_template.latest_version
  }

  tag {
    key                 = "Name"
    value               = "${var.name}-collector"
    propagate_at_launch = true
  }
}

# Only ever more: a collector that goes breaks the connections it was following, and a new one gets flows that begin later. The
# figures are in bench/scale.
resource "aws_autoscaling_policy" "scaling" {
  name                   = var.name
  autoscaling_group_name = aws_autoscaling_group.group.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    disable_scale_in = true
    target_value     = var.packets_per_collector

    customized_metric_specification {
      namespace   = "AWS/EC2"
      metric_name = "NetworkPacketsIn"
      statistic   = "Average"

      metric_dimension {
        name  = "AutoScalingGroupName"
        value = aws_autoscaling_group.group.name
      }
    }
  }
}
