variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "mirror"
}

variable "cidr" {
  description = "Addresses of the VPC."
  type        = string
  default     = "10.20.0.0/20"
}

variable "subnet_cidrs" {
  description = "Addresses of its three subnets."
  type        = list(string)
  default     = ["10.20.0.0/24", "10.20.1.0/24", "10.20.2.0/24"]
}

variable "zones" {
  description = "Three availability zones."
  type        = list(string)

  validation {
    condition     = length(var.zones) == 3
    error_message = "zones takes three availability zones."
  }
}

variable "ship_bucket" {
  description = "Bucket that collectors may write to through the S3 endpoint; empty is none."
  type        = string
  default     = ""
}
