locals {
  namespace     = "PacketForwarder/${var.name}"
  alarm_actions = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]

  # From the forwarder's line of statistics, one a minute and task.
  filters = {
    captured       = { key = "captured_packets", unit = "Count" }
    sent           = { key = "sent_bytes", unit = "Bytes" }
    dropped        = { key = "dropped_total", unit = "Count" }
    kernel_dropped = { key = "kernel_dropped_packets", unit = "Count" }
  }

  charts = [
    { title = "Mirrored, bytes a minute", keys = ["sent_bytes"], x = 0, y = 0 },
    { title = "Captured, frames a minute", keys = ["captured_packets"], x = 12, y = 0 },
    { title = "Not mirrored, frames a minute", keys = ["dropped_total", "kernel_dropped_packets"], x = 0, y = 6 },
  ]
}

resource "aws_cloudwatch_log_metric_filter" "filter" {
  for_each       = local.filters
  log_group_name = aws_cloudwatch_log_group.log_group.name
  name           = each.value.key
  pattern        = "{ $.${each.value.key} = * && $.interface = * }"

  metric_transformation {
    namespace = local.namespace
    name      = each.value.key
    value     = "$.${each.value.key}"
    unit      = each.value.unit
  }
}

resource "aws_cloudwatch_metric_alarm" "lost_alarm" {
  alarm_name          = "${var.name}-mirror-lost"
  alarm_description   = "Frames that should have been mirrored were dropped for five minutes, here or in the kernel. The log says why."
  evaluation_periods  = 5
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions

  metric_query {
    id          = "lost"
    expression  = "dropped + kernel"
    label       = "frames not mirrored"
    return_data = true
  }

  metric_query {
    id          = "dropped"
    return_data = false

    metric {
      namespace   = local.namespace
      metric_name = "dropped_total"
      stat        = "Sum"
      period      = 60
    }
  }

  metric_query {
    id          = "kernel"
    return_data = false

    metric {
      namespace   = local.namespace
      metric_name = "kernel_dropped_packets"
      stat        = "Sum"
      period      = 60
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "silent_alarm" {
  alarm_name          = "${var.name}-mirror-silent"
  alarm_description   = "Nothing was mirrored for fifteen minutes, or no forwarder says anything."
  namespace           = local.namespace
  metric_name         = "sent_bytes"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
}

resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat([for chart in local.charts : {
      type   = "metric"
      x      = chart.x
      y      = chart.y
      width  = 12
      height = 6
      properties = {
        title   = chart.title
        region  = local.region
        stat    = "Sum"
        period  = 60
        metrics = [for key in chart.keys : [local.namespace, key]]
      }
      }], [{
      type   = "log"
      x      = 12
      y      = 6
      width  = 12
      height = 6
      properties = {
        title  = "What forwarders say"
        region = local.region
        view   = "table"
        query = join(" | ", [
          "SOURCE '${aws_cloudwatch_log_group.log_group.name}'", "fields @timestamp, @logStream, @message",
          "filter @logStream like /packet-forwarder/", "filter @message not like /captured_packets/", "sort @timestamp desc", "limit 50",
        ])
      }
    }])
  })
}
