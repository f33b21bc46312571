#!/bin/bash
# A collector: `receive`, Suricata if it is asked for, and a shipper of Suricata's records if that is. Images come from ECR and
# packages from Amazon Linux's repositories in S3, so no way to the internet is needed.
set -euo pipefail
Region=$(cloud-init query region)
dnf install -y docker
systemctl enable --now docker
for image in ${ReceiveImage} ${SuricataImage} ${ShipperImage}; do
  registry=$(echo "$image" | cut -d/ -f1)
  aws ecr get-login-password --region "$Region" | docker login --username AWS --password-stdin "$registry"
  docker pull "$image"
done
interface=$(ip -o -4 route show default | awk '{print $5; exit}')
install -d -m 0755 /var/log/suricata

# unit NAME IMAGE OPTIONS-OF-DOCKER -- ARGUMENTS: a container that systemd keeps running; its output goes to CloudWatch Logs.
unit() {
  name=$1 image=$2 options=''
  shift 2
  while [ "$1" != -- ]; do options="$options $1"; shift; done
  shift
  log="--log-driver awslogs --log-opt awslogs-region=$Region --log-opt awslogs-group=${LogGroup} --log-opt awslogs-stream=$name-%H"
  printf '%s\n' '[Unit]' 'After=docker.service' 'Requires=docker.service' '[Service]' 'Restart=always' 'RestartSec=5' \
    "ExecStart=/usr/bin/docker run --rm --name $name --network host $log --log-opt mode=non-blocking$options $image $*" \
    "ExecStop=/usr/bin/docker stop $name" '[Install]' 'WantedBy=multi-user.target' >"/etc/systemd/system/$name.service"
}

# Port 8080 has /healthz for the load balancer's health check, and /metrics.
unit receive ${ReceiveImage} --read-only --cap-drop ALL -- receive --metrics :8080 ${ReceiveArguments}
[ -z "${SuricataImage}" ] || unit suricata ${SuricataImage} --cap-add NET_ADMIN --cap-add SYS_NICE \
  -v /var/log/suricata:/var/log/suricata -- --af-packet="$interface" "'udp and port 4789'"
case "${ShipTo}" in
  s3) unit shipper ${ShipperImage} -v /var/log/suricata:/var/log/suricata:ro -- /fluent-bit/bin/fluent-bit \
    -i tail -p path=/var/log/suricata/eve.json -o s3 -m "'*'" -p bucket=${ShipBucket} -p region="$Region" \
    -p use_put_object=On -p total_file_size=50M -p upload_timeout=5m ;;
  opensearch) unit shipper ${ShipperImage} -v /var/log/suricata:/var/log/suricata:ro -- /fluent-bit/bin/fluent-bit \
    -R /fluent-bit/etc/parsers.conf -i tail -p path=/var/log/suricata/eve.json -p parser=json -o opensearch -m "'*'" \
    -p host=${OpenSearchHost} -p port=443 -p tls=On -p aws_auth=On -p aws_region="$Region" -p index=suricata \
    -p suppress_type_name=On ;;
esac

systemctl daemon-reload
systemctl enable --now receive.service
for name in suricata shipper; do
  [ ! -e "/etc/systemd/system/$name.service" ] || systemctl enable --now "$name.service"
done
