variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "mirror"
}

variable "vpc_id" {
  description = "VPC of the tasks."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the tasks."
  type        = list(string)
}

variable "cluster_name" {
  description = "A cluster that is there; empty makes one."
  type        = string
  default     = ""
}

variable "endpoint_group_id" {
  description = "Security group of the interface endpoints for ECR, CloudWatch Logs and ssmmessages."
  type        = string
}

variable "s3_prefix_list_id" {
  description = "Managed prefix list of S3 in this region (com.amazonaws.REGION.s3)."
  type        = string
}

variable "mirror_group_id" {
  description = "Security group in front of the collectors, MirrorGroupId of collector module or privatelink module."
  type        = string
}

variable "destination" {
  description = "The collectors, Destination of collector module or privatelink module."
  type        = string
  default     = "collector.mirror.internal"
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

variable "cpu" {
  description = "CPU units of the task."
  type        = string
  default     = "512"
}

variable "memory" {
  description = "Memory of the task in MiB."
  type        = string
  default     = "1024"
}

variable "desired_count" {
  description = "Tasks."
  type        = number
  default     = 3
}

variable "exec" {
  description = "Whether `aws ecs execute-command` may open a shell in the application. It makes the root file system writable."
  type        = bool
  default     = false
}

variable "bpf_filter" {
  description = "BPF_FILTER of the forwarder. What is not sent costs nothing."
  type        = string
  default     = "tcp"
}

variable "mtu" {
  description = "MTU of the forwarder; 8500 passes load balancers and PrivateLink."
  type        = number
  default     = 8500
}

variable "source_ports" {
  description = "SOURCE_PORTS of the forwarder. bench/scale says how many for how many collectors."
  type        = number
  default     = 4
}

variable "cpu_limit" {
  description = "CPU_LIMIT of the forwarder, a share of a core."
  type        = string
  default     = "0.2"
}

variable "retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 14
}

variable "alarm_topic_arn" {
  description = "SNS topic that alarms go to; empty is none."
  type        = string
  default     = ""
}
