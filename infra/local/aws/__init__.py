"""CodePipeline and CodeBuild on this machine.

template      reads a CloudFormation template and resolves what it says
buildspec     reads buildspec.yml, strictly
codebuild     runs a build as AWS CodeBuild does
codepipeline  the stages: Source and Validate
credentials   what gives a build the keys of its role
"""
