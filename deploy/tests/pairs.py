"""Which Terraform resource and attribute each CloudFormation type and property is."""

# CloudFormation type: (Terraform type, {property: attribute})
PAIRS = {
    "AWS::EC2::VPC": ("aws_vpc", {
        "CidrBlock": "cidr_block", "EnableDnsSupport": "enable_dns_support", "EnableDnsHostnames": "enable_dns_hostnames", "Tags": "tags"}),
    "AWS::EC2::Subnet": ("aws_subnet", {
        "VpcId": "vpc_id", "AvailabilityZone": "availability_zone", "CidrBlock": "cidr_block",
        "MapPublicIpOnLaunch": "map_public_ip_on_launch", "Tags": "tags"}),
    "AWS::EC2::RouteTable": ("aws_route_table", {"VpcId": "vpc_id", "Tags": "tags"}),
    "AWS::EC2::SubnetRouteTableAssociation": ("aws_route_table_association", {"RouteTableId": "route_table_id", "SubnetId": "subnet_id"}),
    # Rules of groups are compared by security_groups.py.
    "AWS::EC2::SecurityGroup": ("aws_security_group", {"GroupName": "name", "GroupDescription": "description", "VpcId": "vpc_id"}),
    "AWS::EC2::VPCEndpoint": ("aws_vpc_endpoint", {
        "VpcEndpointType": "vpc_endpoint_type", "ServiceName": "service_name", "VpcId": "vpc_id", "SubnetIds": "subnet_ids",
        "SecurityGroupIds": "security_group_ids", "PrivateDnsEnabled": "private_dns_enabled", "RouteTableIds": "route_table_ids",
        "PolicyDocument": "policy"}),
    "AWS::EC2::VPCEndpointService": ("aws_vpc_endpoint_service", {
        "AcceptanceRequired": "acceptance_required", "NetworkLoadBalancerArns": "network_load_balancer_arns"}),
    "AWS::EC2::VPCEndpointServicePermissions": ("aws_vpc_endpoint_service_allowed_principal", {
        "ServiceId": "vpc_endpoint_service_id", "AllowedPrincipals": "principal_arn"}),
    "AWS::EC2::LaunchTemplate": ("aws_launch_template", {
        "LaunchTemplateName": "name", "ImageId": "image_id", "InstanceType": "instance_type",
        "IamInstanceProfile": "iam_instance_profile", "SecurityGroupIds": "vpc_security_group_ids", "MetadataOptions": "metadata_options",
        "BlockDeviceMappings": "block_device_mappings", "TagSpecifications": "tag_specifications", "UserData": "user_data"}),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("aws_lb", {
        "Name": "name", "Type": "load_balancer_type", "Scheme": "internal", "IpAddressType": "ip_address_type", "Subnets": "subnets",
        "SecurityGroups": "security_groups",
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "enforce_security_group_inbound_rules_on_private_link_traffic",
        "load_balancing.cross_zone.enabled": "enable_cross_zone_load_balancing",
        "dns_record.client_routing_policy": "dns_record_client_routing_policy"}),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("aws_lb_target_group", {
        "Name": "name", "Protocol": "protocol", "Port": "port", "TargetType": "target_type", "VpcId": "vpc_id",
        "HealthCheck": "health_check", "stickiness.enabled": "stickiness",
        "deregistration_delay.timeout_seconds": "deregistration_delay",
        "deregistration_delay.connection_termination.enabled": "connection_termination"}),
    "AWS::ElasticLoadBalancingV2::Listener": ("aws_lb_listener", {
        "LoadBalancerArn": "load_balancer_arn", "Protocol": "protocol", "Port": "port", "DefaultActions": "default_action"}),
    "AWS::Route53::HostedZone": ("aws_route53_zone", {"Name": "name", "VPCs": "vpc"}),
    "AWS::Route53::RecordSet": ("aws_route53_record", {
        "HostedZoneId": "zone_id", "Name": "name", "Type": "type", "TTL": "ttl", "ResourceRecords": "records"}),
    "AWS::AutoScaling::AutoScalingGroup": ("aws_autoscaling_group", {
        "AutoScalingGroupName": "name", "VPCZoneIdentifier": "vpc_zone_identifier", "MinSize": "min_size", "MaxSize": "max_size",
        "LaunchTemplate": "launch_template", "TargetGroupARNs": "target_group_arns", "HealthCheckType": "health_check_type",
        "HealthCheckGracePeriod": "health_check_grace_period", "Tags": "tag"}),
    # Terraform wants a name, which CloudFormation makes up.
    "AWS::AutoScaling::ScalingPolicy": ("aws_autoscaling_policy", {
        "AutoScalingGroupName": "autoscaling_group_name", "PolicyType": "policy_type",
        "TargetTrackingConfiguration": "target_tracking_configuration", None: "name"}),
    "AWS::IAM::Role": ("aws_iam_role", {"AssumeRolePolicyDocument": "assume_role_policy", "Policies": "policies"}),
    "AWS::IAM::InstanceProfile": ("aws_iam_instance_profile", {"Roles": "role"}),
    "AWS::Logs::LogGroup": ("aws_cloudwatch_log_group", {"LogGroupName": "name", "RetentionInDays": "retention_in_days"}),
    "AWS::Logs::MetricFilter": ("aws_cloudwatch_log_metric_filter", {
        "LogGroupName": "log_group_name", "FilterName": "name", "FilterPattern": "pattern",
        "MetricTransformations": "metric_transformation"}),
    "AWS::CloudWatch::Alarm": ("aws_cloudwatch_metric_alarm", {
        "AlarmName": "alarm_name", "AlarmDescription": "alarm_description", "Namespace": "namespace", "MetricName": "metric_name",
        "Dimensions": "dimensions", "Statistic": "statistic", "Period": "period", "EvaluationPeriods": "evaluation_periods",
        "Threshold": "threshold", "ComparisonOperator": "comparison_operator", "TreatMissingData": "treat_missing_data",
        "AlarmActions": "alarm_actions", "Metrics": "metric_query"}),
    "AWS::CloudWatch::Dashboard": ("aws_cloudwatch_dashboard", {"DashboardName": "dashboard_name", "DashboardBody": "dashboard_body"}),
    "AWS::ECS::Cluster": ("aws_ecs_cluster", {"ClusterName": "name", "ClusterSettings": "setting"}),
    "AWS::ECS::TaskDefinition": ("aws_ecs_task_definition", {
        "Family": "family", "RequiresCompatibilities": "requires_compatibilities", "NetworkMode": "network_mode",
        "RuntimePlatform": "runtime_platform", "Cpu": "cpu", "Memory": "memory", "ExecutionRoleArn": "execution_role_arn",
        "TaskRoleArn": "task_role_arn", "ContainerDefinitions": "container_definitions"}),
    "AWS::ECS::Service": ("aws_ecs_service", {
        "ServiceName": "name", "Cluster": "cluster", "TaskDefinition": "task_definition", "DesiredCount": "desired_count",
        "LaunchType": "launch_type", "PlatformVersion": "platform_version", "EnableExecuteCommand": "enable_execute_command",
        "MinimumHealthyPercent": "deployment_minimum_healthy_percent", "MaximumPercent": "deployment_maximum_percent",
        "DeploymentCircuitBreaker": "deployment_circuit_breaker", "NetworkConfiguration": "network_configuration"}),
}

RULES = {"AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"}
TERRAFORM_RULES = {"aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"}
# Part of another resource's form.
MERGED = {"aws_iam_role_policy"}
