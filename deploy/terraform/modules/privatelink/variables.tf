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
  description = "One subnet in each zone of the tasks in which the service is offered."
  type        = list(string)
}

variable "service_name" {
  description = "Name of the endpoint service, endpoint_service_name of the collector module."
  type        = string
}

variable "domain" {
  description = "Private domain; the collectors are collector.DOMAIN."
  type        = string
  default     = "mirror.internal"
}
