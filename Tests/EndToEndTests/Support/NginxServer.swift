import Foundation

/// nginx on the application, over IPv4 and IPv6: HTTP/1.1 on port 80, TLS with HTTP/1.1 and HTTP/2 on port 443.
///
/// It sends the files of its folder, and stores what is PUT under `/upload/`.
struct NginxServer {
  static let programs = ["nginx", "openssl", "curl"]

  /// Of the self-signed certificate, and of its key.
  let certificate: String
  let key: String
  private let testbed: Testbed

  /// Returns once it listens. TLS 1.3 is an offer where a test wants it: what is then to be seen is less.
  init(files: [String: Data], offersTLS13: Bool = false, testbed: Testbed) throws {
    self.testbed = testbed
    let folder = "\(testbed.directory)/nginx"
    try FileManager.default.createDirectory(atPath: folder + "/www/upload", withIntermediateDirectories: true)
    (certificate, key) = ("\(folder)/certificate.pem", "\(folder)/key.pem")
    try Subprocess.run(
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
        "-subj", "/CN=app.example.com", "-days", "1", "-keyout", key, "-out", certificate,
      ], in: testbed.directory)
    for (name, data) in files { _ = try testbed.write(data, to: "nginx/www/\(name)") }
    let configuration = try testbed.write(
      Data(Self.configuration(folder, certificate: certificate, key: key, offersTLS13).utf8),
      to: "nginx/nginx.conf")
    let process = try testbed.start(
      ["nginx", "-e", "stderr", "-p", folder, "-c", configuration], in: testbed.app)
    try eventually("nginx to listen: \(process.errorOutput)") {
      try testbed.app.run(["ss", "-Hltn", "sport", "=", ":443"]).contains("[::]") || !process.isRunning
    }
    guard process.isRunning else { throw Failure("nginx: \(process.errorOutput)") }
  }

  /// One process that stays who it is: a user namespace of a single user has no other.
  private static func configuration(
    _ folder: String, certificate: String, key: String, _ offersTLS13: Bool
  ) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
      "\($0)_temp_path \(folder)/\($0);"
    }
    return """
      daemon off;
      master_process off;
      user root root;
      pid \(folder)/pid;
      events {}
      http {
        access_log off;
        sendfile on;
        client_max_body_size 0;
        gzip on;
        gzip_types text/plain;
        \(temporary.joined(separator: "\n  "))
        server {
          listen 80;
          listen [::]:80;
          listen 443 ssl http2;
          listen [::]:443 ssl http2;
          ssl_protocols TLSv1.2\(offersTLS13 ? " TLSv1.3" : "");
          ssl_certificate \(certificate);
          ssl_certificate_key \(key);
          root \(folder)/www;
          location /upload/ { dav_methods PUT; }
        }
      }

      """
  }

  /// What was PUT to `/upload/NAME`.
  func uploaded(_ name: String) -> Data? {
    FileManager.default.contents(atPath: "\(testbed.directory)/nginx/www/upload/\(name)")
  }
}

/// `byteCount` bytes without any pattern.
func randomData(_ byteCount: Int) -> Data {
  var generator = SystemRandomNumberGenerator()
  var data = Data(capacity: byteCount + 8)
  while data.count < byteCount {
    withUnsafeBytes(of: generator.next() as UInt64) { data.append(contentsOf: $0) }
  }
  return data.prefix(byteCount)
}
