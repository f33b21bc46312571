# A mirrored service whose collectors are in another account, over PrivateLink. What is there already is named in the variables.

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_region" "current" {}

data "aws_ec2_managed_prefix_list" "s3" {
  name = "com.amazonaws.${data.aws_region.current.name}.s3"
}

locals {
  makes_network     = var.vpc_id == ""
  zones             = length(var.zones) > 0 ? var.zones : slice(data.aws_availability_zones.available.names, 0, 3)
  vpc_id            = local.makes_network ? module.network[0].vpc_id : var.vpc_id
  subnet_ids        = local.makes_network ? module.network[0].subnet_ids : var.subnet_ids
  endpoint_group_id = local.makes_network ? module.network[0].endpoint_group_id : var.endpoint_group_id
}

module "network" {
  count  = local.makes_network ? 1 : 0
  source = "../modules/network"
  name   = var.name
  zones  = local.zones
}

module "privatelink" {
  source       = "../modules/privatelink"
  name         = var.name
  vpc_id       = local.vpc_id
  subnet_ids   = local.subnet_ids
  service_name = var.service_name
}

module "service" {
  source            = "../modules/service"
  name              = var.name
  vpc_id            = local.vpc_id
  subnet_ids        = local.subnet_ids
  cluster_name      = var.cluster_name
  endpoint_group_id = local.endpoint_group_id
  s3_prefix_list_id = data.aws_ec2_managed_prefix_list.s3.id
  mirror_group_id   = module.privatelink.mirror_group_id
  destination       = module.privatelink.destination
  forwarder_image   = var.forwarder_image
  app_image         = var.app_image
  app_command       = var.app_command
  bpf_filter        = var.bpf_filter
  alarm_topic_arn   = var.alarm_topic_arn
}
