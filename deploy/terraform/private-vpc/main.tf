# The whole in one account: network, collectors and a mirrored service. What is there already is named in the variables.

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
  makes_collector   = var.mirror_group_id == ""
  zones             = length(var.zones) > 0 ? var.zones : slice(data.aws_availability_zones.available.names, 0, 3)
  vpc_id            = local.makes_network ? module.network[0].vpc_id : var.vpc_id
  subnet_ids        = local.makes_network ? module.network[0].subnet_ids : var.subnet_ids
  endpoint_group_id = local.makes_network ? module.network[0].endpoint_group_id : var.endpoint_group_id
  mirror_group_id   = local.makes_collector ? module.collector[0].mirror_group_id : var.mirror_group_id
  destination       = local.makes_collector ? module.collector[0].destination : var.destination
}

module "network" {
  count       = local.makes_network ? 1 : 0
  source      = "../modules/network"
  name        = var.name
  zones       = local.zones
  ship_bucket = var.ship_bucket
}

module "collector" {
  count                  = local.makes_collector ? 1 : 0
  source                 = "../modules/collector"
  name                   = var.name
  vpc_id                 = local.vpc_id
  subnet_ids             = local.subnet_ids
  zones                  = local.zones
  endpoint_group_id      = local.endpoint_group_id
  s3_prefix_list_id      = data.aws_ec2_managed_prefix_list.s3.id
  receive_image          = var.forwarder_image
  receive_arguments      = var.receive_arguments
  suricata_image         = var.suricata_image
  ship_to                = var.ship_to
  shipper_image          = var.shipper_image
  ship_bucket            = var.ship_bucket
  open_search_domain_arn = var.open_search_domain_arn
  open_search_host       = var.open_search_host
  open_search_group_id   = var.open_search_group_id
  consumer_principals    = var.consumer_principals
  consumer_cidr          = var.consumer_cidr
  alarm_topic_arn        = var.alarm_topic_arn
}

module "service" {
  source            = "../modules/service"
  name              = var.name
  vpc_id            = local.vpc_id
  subnet_ids        = local.subnet_ids
  cluster_name      = var.cluster_name
  endpoint_group_id = local.endpoint_group_id
  s3_prefix_list_id = data.aws_ec2_managed_prefix_list.s3.id
  mirror_group_id   = local.mirror_group_id
  destination       = local.destination
  forwarder_image   = var.forwarder_image
  app_image         = var.app_image
  app_command       = var.app_command
  bpf_filter        = var.bpf_filter
  alarm_topic_arn   = var.alarm_topic_arn
}
