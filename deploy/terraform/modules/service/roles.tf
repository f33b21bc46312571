locals {
  assume = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# What ECS may do to start a task.
resource "aws_iam_role" "execution_role" {
  assume_role_policy = local.assume
}

resource "aws_iam_role_policy" "execution_role" {
  name = "start"
  role = aws_iam_role.execution_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
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
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/${var.name}/tasks:*"
      },
    ]
  })
}

# What the application may do: nothing, until you add to it. The forwarder needs no permission at all.
resource "aws_iam_role" "task_role" {
  assume_role_policy = local.assume
}

resource "aws_iam_role_policy" "task_role" {
  count = var.exec ? 1 : 0
  name  = "exec"
  role  = aws_iam_role.task_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # Has no resource to name.
      Sid    = "Exec"
      Effect = "Allow"
      Action = [
        "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = "*"
    }]
  })
}
