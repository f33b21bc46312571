variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "mirror"
}

variable "vpc_id" {
  description = "VPC of the collectors."
  type        = string
}

variable "subnet_ids" {
  description = "Three private subnets, one in each of Zones."
  type        = list(string)
}

variable "zones" {
  description = "Availability zones of SubnetIds, in the same order."
  type        = list(string)
}

variable "endpoint_group_id" {
  description = "Security group of the interface endpoints for ECR and CloudWatch Logs."
  type        = string
}

variable "s3_prefix_list_id" {
  description = "Managed prefix list of S3 in this region (com.amazonaws.REGION.s3)."
  type        = string
}

variable "domain" {
  description = "Private domain; the collectors are collector.DOMAIN, and those of one zone ZONE.collector.DOMAIN."
  type        = string
  default     = "mirror.internal"
}

variable "receive_image" {
  description = "Image of packet-forwarder in ECR."
  type        = string
}

variable "receive_arguments" {
  description = "Arguments of receive. Without an output it prints a line for each frame, which is for trying out."
  type        = string
  default     = "--stat-format json"
}

variable "suricata_image" {
  description = "Image of Suricata in ECR; empty is none."
  type        = string
  default     = ""
}

variable "ship_to" {
  description = "Where Fluent Bit takes Suricata's records (eve.json)."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "s3", "opensearch"], var.ship_to)
    error_message = "ship_to takes none, s3, opensearch."
  }
}

variable "shipper_image" {
  description = "Image of Fluent Bit in ECR, such as a copy of aws-for-fluent-bit; needed unless ShipTo is none."
  type        = string
  default     = ""
}

variable "ship_bucket" {
  description = "Bucket for ShipTo s3."
  type        = string
  default     = ""
}

variable "open_search_domain_arn" {
  description = "Domain for ShipTo opensearch, by its ARN."
  type        = string
  default     = ""
}

variable "open_search_host" {
  description = "Host of its endpoint."
  type        = string
  default     = ""
}

variable "open_search_group_id" {
  description = "Security group of the domain, for the collectors' egress."
  type        = string
  default     = ""
}

variable "instance_type" {
  description = "Instance type of a collector; deploy/README.md has a sizing table."
  type        = string
  default     = "c7i.large"
}

variable "ami_parameter" {
  description = "Amazon Linux 2023."
  type        = string
  default     = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

variable "min_collectors" {
  description = "Collectors to begin with. One in each zone at least, while traffic stays in its zone."
  type        = number
  default     = 3
}

variable "max_collectors" {
  description = "Collectors at most."
  type        = number
  default     = 9
}

variable "packets_per_collector" {
  description = "Packets in five minutes on an average collector above which another is started. 21,000,000 are 70,000 a second, 350 Mbit/s of small HTTP."
  type        = number
  default     = 21000000
}

variable "cross_zone" {
  description = "Whether the load balancer also chooses collectors in other zones, whose bytes then cost on both sides."
  type        = bool
  default     = false
}

variable "client_routing" {
  description = "Whose address collector.DOMAIN resolves to, that of the client's own zone or of all."
  type        = string
  default     = "availability_zone_affinity"

  validation {
    condition     = contains(["availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"], var.client_routing)
    error_message = "client_routing takes availability_zone_affinity, partial_availability_zone_affinity, any_availability_zone."
  }
}

variable "consumer_principals" {
  description = "ARNs of principals that may connect over PrivateLink, such as arn:aws:iam::222222222222:root; empty is no endpoint service."
  type        = list(string)
  default     = []
}

variable "consumer_cidr" {
  description = "Addresses of the tasks that come over PrivateLink."
  type        = string
  default     = "10.0.0.0/8"
}

variable "retention_days" {
  description = "Days that logs of collectors are kept."
  type        = number
  default     = 14
}

variable "alarm_topic_arn" {
  description = "SNS topic that alarms go to; empty is none."
  type        = string
  default     = ""
}
