locals {
  log_options = { "awslogs-group" = aws_cloudwatch_log_group.log_group.name, "awslogs-region" = local.region }

  app = merge({
    name                   = "app"
    image                  = var.app_image
    essential              = true
    readonlyRootFilesystem = !var.exec
    # The first requests are mirrored too.
    dependsOn        = [{ containerName = "packet-forwarder", condition = "START" }]
    logConfiguration = { logDriver = "awslogs", options = merge(local.log_options, { "awslogs-stream-prefix" = "app" }) }
  }, var.app_command == "" ? {} : { entryPoint = ["sh", "-c"], command = [var.app_command] })

  forwarder = {
    name  = "packet-forwarder"
    image = var.forwarder_image
    # The application lives without its mirror, which is started again beside it.
    essential              = false
    restartPolicy          = { enabled = true, restartAttemptPeriod = 60 }
    cpu                    = 128
    memoryReservation      = 64
    memory                 = 128
    readonlyRootFilesystem = true
    stopTimeout            = 10
    # Fargate's defaults but NET_RAW. "ALL" would drop that as well, and Fargate cannot add it again.
    linuxParameters = { capabilities = { drop = [
      "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
      "SETUID", "SYS_CHROOT",
    ] } }
    healthCheck = {
      command     = ["CMD", "/usr/bin/packet-forwarder", "healthcheck"]
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }
    environment = [
      { name = "BPF_FILTER", value = var.bpf_filter },
      { name = "DESTINATION", value = var.destination },
      { name = "INTERFACE", value = "any" },
      { name = "MTU", value = tostring(var.mtu) },
      { name = "SOURCE_PORTS", value = tostring(var.source_ports) },
      { name = "CPU_LIMIT", value = var.cpu_limit },
      { name = "STAT_DURATION", value = "60" },
      # The metric filters read it.
      { name = "STAT_FORMAT", value = "json" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = merge(local.log_options, {
        "awslogs-stream-prefix" = "packet-forwarder"
        # A log that is slow never holds the task up.
        "mode"            = "non-blocking"
        "max-buffer-size" = "4m"
      })
    }
  }
}

resource "aws_ecs_task_definition" "task" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution_role.arn
  task_role_arn            = aws_iam_role.task_role.arn
  container_definitions    = jsonencode([local.app, local.forwarder])

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }
}
