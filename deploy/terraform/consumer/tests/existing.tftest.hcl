# What is there already is not made again. No account is needed: the provider is a mock.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
  }
}

variables {
  forwarder_image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/packet-forwarder:1.0.0"
  app_image       = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1.0.0"
  service_name    = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0"
}

run "existing_network" {
  command = plan

  variables {
    vpc_id            = "vpc-0123456789abcdef0"
    subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1", "subnet-0123456789abcdef2"]
    zones             = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    endpoint_group_id = "sg-0123456789abcdef0"
  }

  assert {
    condition     = length(module.network) == 0
    error_message = "A VPC that is there is used."
  }
  assert {
    condition     = module.privatelink.destination == "collector.mirror.internal"
    error_message = "Tasks send to the name of the endpoint."
  }
}
