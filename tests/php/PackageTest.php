<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * The package as Composer installs it into a project, with the library inside.
 */
final class PackageTest extends SandboxTestCase
{
    private string $project;

    protected function setUp(): void
    {
        parent::setUp();
        $this->project = sys_get_temp_dir() . '/vce-' . bin2hex(random_bytes(6));
        mkdir($this->project);
    }

    protected function tearDown(): void
    {
        Process::run(['rm', '-r', $this->project]);
    }

    public function testAProjectThatRequiresThePackage(): void
    {
        file_put_contents("$this->project/composer.json", json_encode([
            'repositories' => [
                ['packagist' => false],
                [
                    'type' => 'path',
                    'url' => realpath(__DIR__ . '/../../bindings/php'),
                    'options' => ['symlink' => false],
                ],
            ],
            'require' => ['vce/vce' => '@dev'],
        ], JSON_THROW_ON_ERROR));
        $installed = Process::run(
            ['composer', 'install', '--no-interaction', '--quiet', "--working-dir=$this->project"],
            ['COMPOSER_ALLOW_SUPERUSER' => '1', 'COMPOSER_HOME' => "$this->project/.composer"],
        );
        self::assertSame(0, $installed->status, $installed->output . $installed->errors);

        $package = "$this->project/vendor/vce/vce";
        is_dir("$package/lib") || mkdir("$package/lib");
        copy((string) getenv('VCE_LIBRARY_PATH'), "$package/lib/libvce.so.0");
        file_put_contents("$this->project/send.php", <<<'PHP'
            <?php
            require __DIR__ . '/vendor/autoload.php';
            $client = new Vce\Client(Vce\Options::fromEnvironment());
            echo $client->createEvent(getenv('CONVERSATION_ID'), 'custom:installed', [])->type;
            PHP);
        $done = Process::php(
            ["$this->project/send.php"],
            ['VCE_LIBRARY_PATH' => ''] + $this->sandbox->environment(),
        );

        self::assertSame('custom:installed', $done->output, $done->errors);
        self::assertCount(1, $this->sandbox->events());
    }
}
