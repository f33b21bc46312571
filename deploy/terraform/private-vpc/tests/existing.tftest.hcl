# What is there already is not made again. No account is needed: the provider is a mock.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-0123456789abcdef0" }
  }
}

variables {
  forwarder_image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/packet-forwarder:1.0.0"
  app_image       = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1.0.0"
}

run "everything" {
  command = plan

  assert {
    condition     = length(module.network) == 1 && length(module.collector) == 1
    error_message = "Without parameters, network and collectors are made."
  }
  assert {
    condition     = output.destination == "collector.mirror.internal"
    error_message = "Tasks send to the name of the collectors."
  }
  assert {
    condition     = output.endpoint_service_name == null
    error_message = "Nobody else may connect unless named."
  }
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
    condition     = length(module.network) == 0 && length(module.collector) == 1
    error_message = "A VPC that is there is used."
  }
}

run "existing_collectors_and_cluster" {
  command = plan

  variables {
    mirror_group_id = "sg-0123456789abcdef1"
    destination     = "sensors.example.internal"
    cluster_name    = "orders"
  }

  assert {
    condition     = length(module.collector) == 0 && output.destination == "sensors.example.internal"
    error_message = "Collectors that are there are used."
  }
  assert {
    condition     = module.service.cluster_name == "orders"
    error_message = "A cluster that is there is used."
  }
}
