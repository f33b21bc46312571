# A VPC without a way to the internet, and the endpoints that tasks and collectors need. Not needed where a VPC is there already:
# the other modules take any VPC, any subnets and any endpoints.

data "aws_region" "current" {}
data "aws_partition" "current" {}

locals {
  region  = data.aws_region.current.name
  zones   = { a = 0, b = 1, c = 2 }
  s3      = "arn:${data.aws_partition.current.partition}:s3:::"
  records = var.ship_bucket == "" ? [] : [var.ship_bucket]
}

resource "aws_vpc" "vpc" {
  cidr_block = var.cidr
  # Both are needed for the names of endpoints, load balancers and private hosted zones.
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_subnet" "subnet" {
  for_each                = local.zones
  vpc_id                  = aws_vpc.vpc.id
  availability_zone       = var.zones[each.value]
  cidr_block              = var.subnet_cidrs[each.value]
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-${each.key}" }
}

# No route but the local one, and S3's, which its endpoint adds.
resource "aws_route_table" "route_table" {
  vpc_id = aws_vpc.vpc.id
  tags   = { Name = var.name }
}

resource "aws_route_table_association" "route_table" {
  for_each       = local.zones
  route_table_id = aws_route_table.route_table.id
  subnet_id      = aws_subnet.subnet[each.key].id
}

# Endpoints answer and never ask: no egress.
resource "aws_security_group" "endpoint_group" {
  name        = "${var.name}-endpoints"
  description = "Endpoints of AWS services, for what runs in this VPC"
  vpc_id      = aws_vpc.vpc.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoint_https" {
  security_group_id = aws_security_group.endpoint_group.id
  description       = "HTTPS from this VPC"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = var.cidr
}

# ssmmessages is for `aws ecs execute-command`.
resource "aws_vpc_endpoint" "endpoint" {
  for_each            = { ecr_api = "ecr.api", ecr_dkr = "ecr.dkr", logs = "logs", ssmmessages = "ssmmessages" }
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${local.region}.${each.value}"
  vpc_id              = aws_vpc.vpc.id
  subnet_ids          = [for subnet in aws_subnet.subnet : subnet.id]
  security_group_ids  = [aws_security_group.endpoint_group.id]
  private_dns_enabled = true
}

# Layers of images are in S3, and so are the packages of Amazon Linux. Nothing else is let through but the bucket named.
resource "aws_vpc_endpoint" "endpoint_s3" {
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_id            = aws_vpc.vpc.id
  route_table_ids   = [aws_route_table.route_table.id]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid       = "ImagesAndPackages"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource = [
        "${local.s3}prod-${local.region}-starport-layer-bucket/*",
        "${local.s3}al2023-repos-${local.region}-de612dc2/*",
      ]
      }], [for bucket in local.records : {
      Sid       = "Records"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "${local.s3}${bucket}/*"
    }])
  })
}
