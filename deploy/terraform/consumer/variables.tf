variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "mirror"
}

variable "vpc_id" {
  description = "A VPC that is there; empty makes one with its subnets and endpoints."
  type        = string
  default     = ""
}

variable "subnet_ids" {
  description = "Three private subnets of it."
  type        = list(string)
  default     = []
}

variable "zones" {
  description = "Availability zones of subnet_ids, in the same order; empty takes the region's first three."
  type        = list(string)
  default     = []
}

variable "endpoint_group_id" {
  description = "Security group of its interface endpoints."
  type        = string
  default     = ""
}

variable "cluster_name" {
  description = "A cluster that is there; empty makes one."
  type        = string
  default     = ""
}

variable "forwarder_image" {
  description = "Image of packet-forwarder in ECR."
  type        = string
}

variable "app_image" {
  description = "Image of the application in ECR."
  type        = string
}

variable "app_command" {
  description = "Shell command for the application's container; empty leaves the image's."
  type        = string
  default     = ""
}

variable "bpf_filter" {
  description = "BPF_FILTER of the forwarder."
  type        = string
  default     = "tcp"
}

variable "alarm_topic_arn" {
  description = "SNS topic that alarms go to; empty is none."
  type        = string
  default     = ""
}

variable "service_name" {
  description = "Name of the endpoint service, endpoint_service_name of the collectors' side."
  type        = string
}
