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

variable "mirror_group_id" {
  description = "Security group in front of collectors that are there; empty makes collectors."
  type        = string
  default     = ""
}

variable "destination" {
  description = "Name of those collectors."
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

variable "receive_arguments" {
  description = "Arguments of receive at the collectors."
  type        = string
  default     = "--stat-format json"
}

variable "suricata_image" {
  description = "Image of Suricata in ECR; empty is none."
  type        = string
  default     = ""
}

variable "ship_to" {
  description = "Where Fluent Bit takes Suricata's records: none, s3 or opensearch."
  type        = string
  default     = "none"
}

variable "shipper_image" {
  description = "Image of Fluent Bit in ECR."
  type        = string
  default     = ""
}

variable "ship_bucket" {
  description = "Bucket for ship_to s3."
  type        = string
  default     = ""
}

variable "open_search_domain_arn" {
  description = "Domain for ship_to opensearch, by its ARN."
  type        = string
  default     = ""
}

variable "open_search_host" {
  description = "Host of its endpoint."
  type        = string
  default     = ""
}

variable "open_search_group_id" {
  description = "Security group of the domain."
  type        = string
  default     = ""
}

variable "consumer_principals" {
  description = "ARNs of principals that may connect over PrivateLink."
  type        = list(string)
  default     = []
}

variable "consumer_cidr" {
  description = "Addresses of the tasks that come over PrivateLink."
  type        = string
  default     = "10.0.0.0/8"
}

variable "alarm_topic_arn" {
  description = "SNS topic that alarms go to; empty is none."
  type        = string
  default     = ""
}
